//! The Lambda function `create-calendar-link`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::shares::create_calendar_link::ENDPOINT)
}
