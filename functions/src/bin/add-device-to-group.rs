//! The Lambda function `add-device-to-group`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::device_groups::add::ENDPOINT)
}
