//! The output for people: the progress of the build, and the summary of the running system.

use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use console::Style;
use indicatif::{ProgressBar, ProgressStyle};

/// How often progress is printed if there is no terminal.
const SAY_EVERY: Duration = Duration::from_secs(10);

/// The progress of the build: a bar on a terminal, else a line now and then.
pub struct Progress {
    bar: Option<ProgressBar>,
    said: Mutex<Option<Instant>>,
    started: Instant,
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress {
    /// Nothing is shown until there is something to build.
    #[must_use]
    pub fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::no_length();
            let style = ProgressStyle::with_template(
                "  Building the functions {bar:24.cyan} {pos}/{len} {wide_msg:.dim}",
            )
            .unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(style.progress_chars("━╸─"));
            bar
        });
        Self {
            bar,
            said: Mutex::new(None),
            started: Instant::now(),
        }
    }

    pub(crate) fn coloured(&self) -> bool {
        self.bar.is_some() && console::colors_enabled_stderr()
    }

    pub(crate) fn at(&self, done: u64, total: u64, what: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_length(total);
                bar.set_position(done);
                bar.set_message(what.to_owned());
            }
            None => self.say(|| format!("building the functions: {done} of {total} ({what})")),
        }
    }

    pub(crate) fn doing(&self, what: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(what.to_owned()),
            None => self.say(|| format!("building the functions: {what}")),
        }
    }

    pub(crate) fn message(&self, line: &str) {
        match &self.bar {
            // Printed above the bar, which is drawn again below.
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }

    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        tracing::debug!(
            "the build took {:.1} s",
            self.started.elapsed().as_secs_f64()
        );
    }

    fn say(&self, line: impl FnOnce() -> String) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        // Nothing is printed in the first seconds, in which an up-to-date build ends.
        let since = said.unwrap_or(self.started + Duration::from_secs(2) - SAY_EVERY);
        if now.saturating_duration_since(since) >= SAY_EVERY {
            *said = Some(now);
            eprintln!("{}", line());
        }
    }
}

/// The summary of a running system.
pub struct Summary<'s> {
    /// The base URL of the API.
    pub url: &'s str,
    /// The methods of each path, and the path.
    pub routes: &'s [(String, String)],
    /// Whether to list them.
    pub lists_routes: bool,
    /// The URL of the store, and where its data is.
    pub store: (&'s str, String),
    /// The URL for invocations by name.
    pub invoke_url: &'s str,
    /// The facts from the demo program, each a name and a value.
    pub facts: &'s [(String, String)],
    /// A first call, as a command.
    pub first_call: Option<&'s str>,
    /// Differences from the deployed system.
    pub notes: &'s [String],
}

impl Summary<'_> {
    /// The lines for a person.
    #[must_use]
    pub fn text(&self) -> String {
        let (bold, dim) = (Style::new().bold(), Style::new().dim());
        let mut text = String::from("\n");
        let mut line = |line: String| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{line}");
        };
        if self.lists_routes {
            let lengths = self.routes.iter().map(|(methods, _)| methods.len());
            let width = lengths.max().unwrap_or(0);
            for (methods, path) in self.routes {
                let methods = bold.apply_to(format!("{methods:width$}"));
                line(format!("    {methods}  {path}"));
            }
            line(String::new());
        }
        line(format!(
            "  {} {}   {}",
            Style::new().green().bold().apply_to("Ready on"),
            bold.apply_to(self.url),
            dim.apply_to("Ctrl-C stops it")
        ));
        line(String::new());
        for (name, value) in self.facts {
            line(format!("  {name:<14} {value}"));
        }
        for (name, value, about) in self.addresses() {
            line(format!("  {name:<14} {value}   {}", dim.apply_to(about)));
        }
        for note in self.notes {
            let label = Style::new().yellow().apply_to("Note:");
            line(format!("  {label} {note}"));
        }
        if let Some(first_call) = self.first_call {
            line("\n  Try it:\n".to_owned());
            // From the first column, so that what is copied is what is pasted.
            line(first_call.to_owned());
        }
        text
    }

    /// Where the parts of the system are, and what they are for.
    fn addresses(&self) -> [(&str, String, String); 3] {
        let (store, place) = &self.store;
        let routes = format!("{} paths; --routes lists them", self.routes.len());
        let invoking = "for `aws lambda invoke --endpoint-url`";
        [
            ("API document", format!("{}/openapi.json", self.url), routes),
            ("Store", (*store).to_owned(), place.clone()),
            ("Functions", self.invoke_url.to_owned(), invoking.to_owned()),
        ]
    }
}
