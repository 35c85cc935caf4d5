//! The Lambda function `list-events`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::events::list::ENDPOINT)
}
