//! `MethodSettings`: how many requests a method takes.

use super::super::{Fault, Properties};
use super::Route;

/// `ThrottlingRateLimit` and `ThrottlingBurstLimit` of a method.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throttle {
    /// Requests a second.
    pub rate: f64,
    /// Requests at once.
    pub burst: f64,
}

/// Throttling is a limit of each method, from the setting that names it most closely.
pub(super) fn apply(properties: &Properties<'_>, routes: &mut [Route]) -> Result<(), Fault> {
    let mut settings = Vec::new();
    for setting in properties.maps("MethodSettings")? {
        setting.only(
            &[
                "HttpMethod",
                "ResourcePath",
                "ThrottlingBurstLimit",
                "ThrottlingRateLimit",
            ],
            &["MetricsEnabled"],
        )?;
        let (rate, burst): (Option<f64>, Option<f64>) = (
            setting.number("ThrottlingRateLimit")?,
            setting.number("ThrottlingBurstLimit")?,
        );
        let (Some(rate), Some(burst)) = (rate, burst) else {
            continue;
        };
        let path = setting
            .string("ResourcePath")?
            .unwrap_or_else(|| "/*".to_owned());
        let path = match path.as_str() {
            "/*" | "*" => None,
            path => Some(format!(
                "/{}",
                path.trim_start_matches('/')
                    .replace("~1", "/")
                    .trim_start_matches('/')
            )),
        };
        let method = setting
            .string("HttpMethod")?
            .filter(|method| method != "*")
            .map(|m| m.to_uppercase());
        settings.push((path, method, Throttle { rate, burst }));
    }
    for route in routes {
        route.throttle = settings
            .iter()
            .filter(|(path, method, _)| {
                path.as_ref().is_none_or(|path| *path == route.path)
                    && method.as_ref().is_none_or(|method| *method == route.method)
            })
            .max_by_key(|(path, method, _)| (path.is_some(), method.is_some()))
            .map(|(_, _, throttle)| *throttle);
    }
    Ok(())
}
