//! The few styles that aiofix prints in, and the one decision whether to use them.

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

/// A style for each role. A style of [`Styles::PLAIN`] prints as nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Styles {
    /// The code of a page, and the word `error`.
    pub code: Style,
    /// The star of `[*]`.
    pub fixable: Style,
    /// Messages, headings, file names.
    pub strong: Style,
    /// Line numbers and the bars beside them.
    pub gutter: Style,
    pub help: Style,
    pub note: Style,
    pub separator: Style,
    pub added: Style,
    pub removed: Style,
    /// Headers of hunks.
    pub hunk: Style,
}

impl Styles {
    pub const PLAIN: Styles = Styles {
        code: Style::new(),
        fixable: Style::new(),
        strong: Style::new(),
        gutter: Style::new(),
        help: Style::new(),
        note: Style::new(),
        separator: Style::new(),
        added: Style::new(),
        removed: Style::new(),
        hunk: Style::new(),
    };

    pub const COLOURED: Styles = Styles {
        code: AnsiColor::BrightRed.on_default().bold(),
        fixable: AnsiColor::BrightCyan.on_default().bold(),
        strong: Style::new().bold(),
        gutter: AnsiColor::BrightBlue.on_default().bold(),
        help: AnsiColor::BrightCyan.on_default().bold(),
        note: AnsiColor::Yellow.on_default().bold(),
        separator: AnsiColor::Cyan.on_default(),
        added: AnsiColor::Green.on_default(),
        removed: AnsiColor::Red.on_default(),
        hunk: AnsiColor::Cyan.on_default(),
    };

    /// The styles for `stream`: what the user chose, else what the terminal, `NO_COLOR` and their like say.
    pub fn of(choice: ColorChoice, stream: &impl RawStream) -> Styles {
        let choice = if choice == ColorChoice::Auto { AutoStream::choice(stream) } else { choice };
        if choice == ColorChoice::Never { Styles::PLAIN } else { Styles::COLOURED }
    }

    pub fn is_plain(&self) -> bool {
        *self == Styles::PLAIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_chose_goes_before_what_the_stream_is() {
        let stream = std::io::stdout();
        assert_eq!(Styles::of(ColorChoice::Always, &stream), Styles::COLOURED);
        assert!(Styles::of(ColorChoice::Never, &stream).is_plain());
    }

    #[test]
    fn a_plain_style_prints_nothing() {
        let style = Styles::PLAIN.code;
        assert_eq!(format!("{style}x{style:#}"), "x");
    }
}
