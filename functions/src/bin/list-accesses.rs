//! The Lambda function `list-accesses`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::accesses::list::ENDPOINT)
}
