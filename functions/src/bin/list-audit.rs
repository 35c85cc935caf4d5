//! The Lambda function `list-audit`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::audit::list::ENDPOINT)
}
