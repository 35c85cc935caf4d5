//! What people have access to, and when: as clients made with ServiceStack say it.

mod strategy;
pub mod template;

pub use strategy::CodeStrategy;
pub use template::AccessTemplate;
