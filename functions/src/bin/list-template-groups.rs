//! The Lambda function `list-template-groups`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::template_groups::list::ENDPOINT)
}
