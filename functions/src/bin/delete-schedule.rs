//! The Lambda function `delete-schedule`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::schedules::delete::ENDPOINT)
}
