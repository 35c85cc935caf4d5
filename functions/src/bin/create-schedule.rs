//! The Lambda function `create-schedule`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::schedules::create::ENDPOINT)
}
