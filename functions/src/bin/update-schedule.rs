//! The Lambda function `update-schedule`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::schedules::update::ENDPOINT)
}
