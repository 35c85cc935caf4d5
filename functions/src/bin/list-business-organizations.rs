//! The Lambda function `list-business-organizations`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::business_organizations::list::ENDPOINT)
}
