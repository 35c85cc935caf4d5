//! The programs that the system runs: which they are, where they are, and the copies of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::compile;
use crate::error::{Error, Result};
use crate::lambda::{Executable, Functions, Pool, Surroundings};
use crate::options::Options;
use crate::template::{Function, Stack};
use crate::terminal::Progress;

/// The programs that a template needs, built or given.
pub(crate) struct Programs {
    /// Their paths, by name.
    files: BTreeMap<String, PathBuf>,
    /// The programs given in the options, which take precedence.
    given: Vec<String>,
    /// The one that has all functions, if it is to be used.
    development: Option<String>,
}

impl Programs {
    /// Builds those that are not given.
    pub(crate) async fn build(stack: &Stack, options: &Options, root: &Path) -> Result<Self> {
        let development = stack.development_program.clone();
        let mut programs = Self {
            files: BTreeMap::new(),
            given: Vec::new(),
            development: development.filter(|_| !options.deployed_programs),
        };
        for (name, file) in &options.programs {
            programs.given.push(name.clone());
            programs.files.insert(name.clone(), PathBuf::from(file));
        }
        let functions = stack.functions.values();
        let wanted = functions.map(|function| programs.program(function));
        let wanted = wanted
            .chain(&stack.demo_program)
            .filter(|name| !programs.files.contains_key(*name))
            .cloned()
            .collect();
        let built = compile::build(root, &wanted, options.release, &Progress::new()).await?;
        programs.files.extend(built);
        Ok(programs)
    }

    /// The name of the program that has a function.
    fn program<'p>(&'p self, function: &'p Function) -> &'p String {
        match &self.development {
            Some(all) if !self.given.contains(&function.binary) => all,
            _ => &function.binary,
        }
    }

    /// The path of a program.
    pub(crate) fn file(&self, name: &str) -> Result<&Path> {
        let file = self.files.get(name);
        file.map(PathBuf::as_path)
            .ok_or_else(|| Error::Build(format!("there is no program {name}")))
    }

    /// The functions, ready to be invoked.
    pub(crate) fn pools(
        &self,
        functions: BTreeMap<String, Function>,
        surroundings: &Arc<Surroundings>,
    ) -> Result<Functions> {
        let mut pools = BTreeMap::new();
        for (logical_id, function) in functions {
            let program = self.program(&function);
            let executable = Executable {
                file: self.file(program)?.to_owned(),
                function: (*program != function.binary).then(|| function.binary.clone()),
            };
            let pool = Pool::new(function, executable, Arc::clone(surroundings));
            pools.insert(logical_id, pool);
        }
        Ok(Arc::new(pools))
    }
}
