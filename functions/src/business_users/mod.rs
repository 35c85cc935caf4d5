//! Users, as ServiceStack's clients see them.

pub mod list;
