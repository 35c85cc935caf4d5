//! The Lambda function `update-template-group`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::template_groups::update::ENDPOINT)
}
