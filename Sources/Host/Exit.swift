import ArgumentParser
import Documents
import Glibc
import Reports

/// Every error ends here: message, place and remedy on standard error, and the documented exit status.
enum Exit {
    static func run(_ type: (some AsyncParsableCommand).Type) async {
        do {
            var command = try type.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            let status = Signals.exitStatus(failure)
            Output.error(Summary.text(failure, status: status, texts: .english))
            exit(status)
        } catch let code as ExitCode {
            if let lost = Output.lost { throw lost }
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
