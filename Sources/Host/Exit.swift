import ArgumentParser
import Documents
import Glibc
import Reports

/// Every error ends here: message, place and remedy on standard error, and the documented exit status.
enum Exit {
    /// Told the run's end by those commands that tell events.
    static let events = JSONReport { Output.json($0) }

    /// What is no text would become other text: another file, another place.
    private static func checkArguments() throws {
        for number in stride(from: 1, to: Int(CommandLine.argc), by: 1) {
            guard let argument = CommandLine.unsafeArgv[number], String(validatingCString: argument) == nil else {
                continue
            }
            throw Failure(
                .usage, "argument \(number) is not UTF-8: \(Printable.line(String(cString: argument)))",
                hint: "name files by paths in UTF-8, such as a symbolic link to them")
        }
    }

    static func run(_ type: (some AsyncParsableCommand).Type) async {
        var command: (any ParsableCommand)?
        do {
            try checkArguments()
            var parsed = try type.parseAsRoot()
            command = parsed
            if var asynchronous = parsed as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try parsed.run()
            }
            if let lost = Output.lost { throw lost }
        } catch let failure as Failure {
            let status = Signals.exitStatus(failure)
            if (command as? any EventTelling)?.report.json == true { events.end(failure, exit: status) }
            Output.error(Summary.text(failure, status: status, texts: .english))
            exit(status)
        } catch let code as ExitCode {
            // Said already.
            exit(code.rawValue)
        } catch {
            let status = type.exitCode(for: error)
            let text = type.fullMessage(for: error)
            if status.isSuccess { Output.result(text) } else { Output.error(text) }
            exit(status.isSuccess ? 0 : 2)
        }
    }
}

/// A command whose `--json` is events: whatever happens, `run-ended` is the last of them.
protocol EventTelling {
    var report: ReportOptions { get }
}
