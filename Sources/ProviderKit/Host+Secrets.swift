public import Documents
import FoundationEssentials
import ProviderAPI

extension Host {
    /// A secret that the manifest declares. Ask again when it has expired, not before each request.
    /// - Throws: `Failure(.authentication)` naming the places that the host looked in, never a value.
    public func secret(_ name: String) throws -> Secret {
        guard let secret = table.secret else { throw refusal(EP_UNSUPPORTED, "secret") }
        var expires: Int64 = 0
        let (status, value) = collect(limit: Int(EP_LIMIT_SECRET)) { sink in
            withUTF8(name) { secret(context, $0, $1, sink, &expires) }
        }
        if status == EP_AUTH {
            let places = ProviderLibrary.manifest?.needs?.secrets?[name] ?? []
            throw Failure(
                .authentication, "no value for the secret \(name)", place: places.first,
                hint: places.isEmpty ? nil : "the places it may come from: " + places.joined(separator: ", "))
        }
        guard status == EP_OK else { throw refusal(status, "secret \(name)") }
        return Secret(value, expires: expires == 0 ? nil : expires)
    }

    /// Registers a derived secret (a token, a signature, a pre-signed URL): once this returns, the host masks it wherever
    /// it appears.
    public func redact(_ secret: Secret) throws {
        guard let redact = table.redact else { throw refusal(EP_UNSUPPORTED, "redact") }
        let status = secret.withBytes { bytes in
            redact(context, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), UInt64(bytes.count))
        }
        guard status == EP_OK else { throw refusal(status, "redact") }
    }

    /// The same for text at hand, which is a secret from here on.
    public func redact(_ text: String, expires: Int64? = nil) throws -> Secret {
        let secret = Secret(text, expires: expires)
        try redact(secret)
        return secret
    }

    /// The content of a file that the manifest declares under that name, at most 1 MiB.
    public func file(_ name: String) throws -> [UInt8] {
        guard let read = table.file_read else { throw refusal(EP_UNSUPPORTED, "file_read") }
        let (status, content) = collect(limit: Int(EP_LIMIT_FILE)) { sink in
            withUTF8(name) { read(context, $0, $1, sink) }
        }
        guard status == EP_OK else { throw refusal(status, "file \(name)") }
        return content
    }

    /// Lets the host run a helper program that the manifest declares.
    /// - Returns: its standard output, which is a credential until shown otherwise.
    /// - Throws: `Failure`: `notFound` when it is a credential helper and has none, `usage` when this machine has no such
    ///   program, `policy` when it is not declared, `authentication` when it failed.
    public func run(_ command: HelperCommand) throws -> Secret {
        guard let run = table.run_helper else { throw refusal(EP_UNSUPPORTED, "run_helper") }
        let (status, output) = try collect(limit: Int(EP_LIMIT_HELPER)) { sink in
            try withDocument(command) { run(context, $0, $1, sink) }
        }
        guard status != EP_UNSUPPORTED else {
            throw Failure(
                .usage, "there is no program \(command.name) on this machine", place: command.name,
                hint: "install it on the PATH")
        }
        guard status != EP_AUTH else {
            throw Failure(
                .authentication, "the helper \(command.name) gave no answer", hint: "the run's log says why")
        }
        guard status == EP_OK else { throw refusal(status, "helper \(command.name)") }
        return Secret(output)
    }
}
