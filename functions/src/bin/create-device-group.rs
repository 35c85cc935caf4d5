//! The Lambda function `create-device-group`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::device_groups::create::ENDPOINT)
}
