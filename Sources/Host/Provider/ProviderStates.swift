import Discovery
import Documents
import Settings

/// A provider's state in the words of a table and of JSON.
extension Providers.Entry {
    var stateText: String {
        switch state {
        case .enabled: "enabled"
        case .forbidden(let failure): "off: policy \(failure.place ?? "")"
        case .disabled(.file(let place)): "off: settings \(place)"
        case .disabled(let origin): "off: \(origin)"
        case .shadowed(let directory): "shadowed by \(directory)"
        case .broken: "broken"
        }
    }

    var document: JSON {
        var members: [String: JSON] = ["id": .string(id), "directory": .string(directory)]
        if let manifest = provider?.document {
            for key in ["version", "kind", "title", "targets"] { members[key] = manifest[key] }
        }
        var failure: Failure?
        switch state {
        case .enabled: members["state"] = .string("enabled")
        case .forbidden(let refusal):
            members["state"] = .string("off")
            members["by"] = .string("policy")
            failure = refusal
        case .disabled(let origin):
            members["state"] = .string("off")
            members["by"] = .string("settings")
            members["place"] = .string("\(origin)")
        case .shadowed(let directory):
            members["state"] = .string("shadowed")
            members["by"] = .string(directory)
        case .broken(let refusal):
            members["state"] = .string("broken")
            failure = refusal
        }
        if let failure {
            members["message"] = .string(failure.message)
            members["place"] = failure.place.map { .string($0) }
            members["hint"] = failure.hint.map { .string($0) }
        }
        return .object(members)
    }
}

extension Providers {
    /// With what must be settled before it serves its targets.
    func stateText(of entry: Entry) -> String {
        let disputes = disputes(of: entry).map { scheme, others in
            "\(others.joined(separator: ", ")) serves \(scheme) too: set targets.\(scheme)"
        }
        return ([entry.stateText] + disputes).joined(separator: "; ")
    }

    var document: JSON {
        let searched = directories.map { directory, condition -> JSON in
            .object([
                "path": .string(directory.path), "reason": .string(directory.reason),
                "condition": .string(condition.text),
            ])
        }
        return .object([
            "format": .integer(1), "providers": .array(entries.map(\.document)), "directories": .array(searched),
        ])
    }
}

extension Providers.Condition {
    var text: String {
        switch self {
        case .searched(let count): count == 1 ? "1 provider" : "\(count) providers"
        case .absent: "not there"
        case .unreadable(let failure): failure.message
        }
    }
}

extension Failure {
    /// For a list: what it is about, what is wrong and how to mend it.
    func lines(of subject: String) -> String {
        var lines = [subject, "  \(message)"]
        if let place, place != subject { lines.append("  \(place)") }
        if let hint { lines.append("  fix  \(hint)") }
        return lines.joined(separator: "\n")
    }
}
