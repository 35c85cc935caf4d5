//! The Lambda function `report-device-state`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::devices::report::ENDPOINT)
}
