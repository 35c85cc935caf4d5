//! The Lambda function `delete-calendar-link`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::shares::delete_calendar_link::ENDPOINT)
}
