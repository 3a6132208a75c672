import ArgumentParser
import Documents
import Glibc

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
            var text = failure.message
            if let place = failure.place { text = "\(place): \(text)" }
            if let hint = failure.hint { text += "\n  fix  \(hint)" }
            Output.error("\(text)\nExit \(failure.code.exitStatus).")
            exit(failure.code.exitStatus)
        } catch {
            let status = type.exitCode(for: error)
            let text = type.fullMessage(for: error)
            if status.isSuccess { Output.result(text) } else { Output.error(text) }
            exit(status.isSuccess ? 0 : 2)
        }
    }
}
