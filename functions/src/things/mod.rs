//! Spaces, as ServiceStack's clients see them: things.

pub mod list;
