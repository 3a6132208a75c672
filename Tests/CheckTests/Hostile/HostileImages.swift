import Foundation
import TestSupport

/// Images that mean harm, made once by Tests/Images/hostile; and what they are to come to.
actor HostileImages {
    static let shared = HostileImages()

    enum Verdict: String { case refused, read, any }

    struct Set: Sendable {
        var scratch: Scratch
        var verdicts: [(name: String, verdict: Verdict)]
        /// A file of this machine, which images name.
        var secret: String { "\(scratch.path)/planted-secret.conf" }
        func path(_ name: String) -> String { "\(scratch.path)/images/\(name)" }
    }

    /// What stands in that file, and nowhere else.
    static let word = "PlantedWordOfThisMachine"

    private let scratch = Result { try Scratch() }
    private var made: Set?

    func all() throws -> Set {
        if let made { return made }
        let scratch = try scratch.get()
        let secret = try scratch.write(
            "planted-secret.conf", "PermitRootLogin \(Self.word)\n\(Self.word):x:0:0::/:/bin/sh\n")
        let answer = try run(["\(root)/Tests/Images/hostile", "\(scratch.path)/images", secret])
        guard answer.status == 0 else { throw ImageFailure(description: answer.output) }
        let verdicts = answer.output.split(separator: "\n").compactMap { line -> (name: String, verdict: Verdict)? in
            let fields = line.split(separator: " ").map(String.init)
            return fields.count == 2 ? Verdict(rawValue: fields[1]).map { (fields[0], $0) } : nil
        }
        let set = Set(scratch: scratch, verdicts: verdicts)
        made = set
        return set
    }
}

/// What a run of the staged program took, and what it said.
struct Measured: Sendable {
    var status: Int32
    /// On a busy machine waiting is not the program's: the lesser of the clock's and the processors'.
    var seconds: Double
    /// MiB of all its processes together.
    var memory: Int
    /// Standard output, standard error, and the files that it wrote.
    var told: [String: String]
}

/// Runs the staged program under Tests/Images/measure.
/// - Parameter files: names of files in its folder that it is told to write.
func measured(_ arguments: [String], files: [String] = []) async throws -> Measured {
    let scratch = try Scratch()
    let answer = try await runApart(
        ["\(root)/Tests/Images/measure", "out", "err", "60", "\(stage ?? "")/bin/eulerpublisher"] + arguments,
        in: scratch.path,
        environment: [
            "HOME": scratch.path, "XDG_STATE_HOME": scratch.path, "XDG_CACHE_HOME": scratch.path,
            "XDG_CONFIG_HOME": scratch.path,
        ])
    let numbers = answer.output.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    guard answer.status == 0, numbers.count == 4 else { throw ImageFailure(description: answer.output) }
    var told: [String: String] = [:]
    for name in ["out", "err"] + files {
        let data = FileManager.default.contents(atPath: "\(scratch.path)/\(name)") ?? Data()
        told[name] = String(decoding: data, as: UTF8.self)
    }
    return Measured(
        status: Int32(numbers[0]), seconds: min(numbers[1], numbers[2]), memory: Int(numbers[3]), told: told)
}
