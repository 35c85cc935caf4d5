//! The Lambda function `list-device-groups`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::device_groups::list::ENDPOINT)
}
