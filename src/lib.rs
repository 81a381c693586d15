//! aiofix finds asyncio pitfalls in Python code and rewrites them.
//!
//! Data flows one way, `discover → read → outline → parse → match → plan → apply and prove → report`, and
//! dependencies point down: `cli` → `config`, `driver`, `notebook`, `report`, `workspace`, `playing` → `codemod`, `rewrite`,
//! `suppression` → `project` → `outline` → `syntax` → `text`, with the values of `plan` and `finding` beside them (a test
//! holds the floors). Only [`workspace`] touches the file system and only [`report`] and [`cli`] print; everything between
//! sees text and returns values.

pub mod cli;
pub mod codemod;
pub mod config;
pub mod driver;
pub mod finding;
pub mod notebook;
pub mod outline;
pub mod plan;
pub mod playing;
pub mod project;
pub mod report;
pub mod rewrite;
pub mod spelling;
pub mod summary;
pub mod suppression;
pub mod syntax;
pub mod text;
pub mod workspace;
