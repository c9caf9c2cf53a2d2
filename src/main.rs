fn main() -> std::process::ExitCode {
    khot::cli::main()
}
