//! The summary of a text, from its outline.

use super::Summary;
use crate::outline::Outline;

/// The summary of a text whose outline is `outline`.
pub fn summarise(_text: &str, outline: &Outline) -> Summary {
    Summary { is_partial: outline.lost.is_some(), ..Summary::default() }
}
