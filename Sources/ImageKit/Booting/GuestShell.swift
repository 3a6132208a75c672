import Documents
import Programs

/// The guest's SSH server, asked by the OpenSSH client with the seed's key and nothing of this user's.
struct GuestShell: Sendable {
    let ssh: Program
    let port: UInt16
    /// Of the private key.
    let key: String
    let home: String

    /// - Parameter options: `Name=value`, before those of every login.
    private func arguments(_ options: [String], user: String, _ command: String) -> [String] {
        // The first value of an option wins.
        let all =
            options + [
                "BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null",
                "GlobalKnownHostsFile=/dev/null", "IdentitiesOnly=yes", "IdentityAgent=none", "ConnectTimeout=30",
                "ServerAliveInterval=15", "ServerAliveCountMax=4", "LogLevel=ERROR", "ForwardAgent=no", "ForwardX11=no",
                "PermitLocalCommand=no", "GSSAPIAuthentication=no", "EscapeChar=none",
            ]
        return ["-F", "/dev/null", "-i", key, "-p", "\(port)", "-T"] + all.flatMap { ["-o", $0] }
            + ["\(user)@127.0.0.1", command]
    }

    func run(_ command: String, within seconds: Double) async throws -> Program.Answer {
        try await ssh.run(
            arguments([], user: Seed.user, command), environment: Program.environment(home: home), within: seconds,
            limits: RunningProgram.Limits(output: 256 << 10))
    }

    /// The ways to log in that the server offers besides keys: the client says them when it has none of them left.
    /// - Returns: nil if it said something else.
    func offeredMethods(user: String, within seconds: Double) async throws -> [String]? {
        let answer = try await ssh.run(
            arguments(
                ["PubkeyAuthentication=no", "PreferredAuthentications=password,keyboard-interactive"], user: user,
                "true"),
            environment: Program.environment(home: home), within: seconds)
        return Self.methods(in: String(decoding: answer.errors, as: UTF8.self))
    }

    /// Of `user@host: Permission denied (publickey,password).`
    static func methods(in text: String) -> [String]? {
        guard let denied = text.firstRange(of: "Permission denied (") else { return nil }
        let list = text[denied.upperBound...].prefix { $0 != ")" && !$0.isNewline }
        return list.split(separator: ",").map(String.init)
    }
}
