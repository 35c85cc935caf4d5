//! The Lambda function `get-viviot-user`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::business_users::find::ENDPOINT)
}
