//! The Lambda function `remove-device-from-group`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::device_groups::remove::ENDPOINT)
}
