//! The Lambda function `clean-up`.

fn main() -> std::process::ExitCode {
    latchkey_functions::clean_up::serve()
}
