//! The Lambda function `list-schedules`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::schedules::list::ENDPOINT)
}
