//! The Lambda function `get-calendar`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::shares::get_calendar::ENDPOINT)
}
