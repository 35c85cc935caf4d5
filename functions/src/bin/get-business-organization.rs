//! The Lambda function `get-business-organization`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::business_organizations::get::ENDPOINT)
}
