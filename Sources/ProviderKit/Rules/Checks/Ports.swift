import Documents

/// Programs with a port of their own, which their configuration opens to everybody or not.
private struct Listener {
    var port: Int
    /// Beginnings of their units' names.
    var units: [String]
    var files: [String]
    /// The setting of the address, as the file writes it: `bind 0.0.0.0`, `bindIp: 0.0.0.0`, `-l 0.0.0.0`.
    var keys: [String]

    // redis.conf, memcached(1), mongod.conf, elasticsearch.yml, local.ini, my.cnf and rsyncd.conf(5).
    static let all = [
        Listener(
            port: 6379, units: ["redis", "valkey"],
            files: ["/etc/redis/redis.conf", "/etc/redis.conf", "/etc/valkey/valkey.conf"], keys: ["bind"]),
        Listener(
            port: 11211, units: ["memcached"], files: ["/etc/memcached.conf", "/etc/sysconfig/memcached"],
            keys: ["-l", "OPTIONS"]),
        Listener(
            port: 27017, units: ["mongod", "mongodb"], files: ["/etc/mongod.conf", "/etc/mongodb.conf"],
            keys: ["bindIp", "bind_ip"]),
        Listener(
            port: 9200, units: ["elasticsearch"], files: ["/etc/elasticsearch/elasticsearch.yml"],
            keys: ["network.host", "http.host"]),
        Listener(
            port: 5984, units: ["couchdb"], files: ["/etc/couchdb/local.ini", "/opt/couchdb/etc/local.ini"],
            keys: ["bind_address"]),
        Listener(port: 2375, units: ["docker"], files: ["/etc/docker/daemon.json"], keys: ["hosts"]),
    ]
}

extension CheckSubject {
    func portsClosed(_ ports: [Int]) throws(Unknown) -> Outcome {
        let services = try services
        var verdict = Verdict()
        for unit in verdict.value(services.units) ?? [] where !unit.isMasked && (unit.starts || unit.isEnabled) {
            for listen in unit.listens {
                guard let port = Self.openPort(listen), ports.contains(port) else { continue }
                verdict.wrong(
                    "\(unit.name) listens to everybody on port \(port)",
                    unit.evidence.isEmpty ? [Evidence(unit.path, text: listen)] : unit.evidence,
                    .unitDisable([unit.name]))
            }
            for listener in Listener.all where ports.contains(listener.port) {
                guard listener.units.contains(where: { unit.name.hasPrefix($0) }), unit.name.hasSuffix(".service")
                else { continue }
                opened(listener, unit.name, &verdict)
            }
            if ports.contains(873), unit.name == "rsync.service" {
                // Debian's unit starts where there is a configuration.
                verdict.trying { verdict throws(Unknown) in
                    guard try stat("/etc/rsyncd.conf") != nil else { return }
                    verdict.wrong(
                        "rsync.service listens to everybody on port 873", [Evidence("/etc/rsyncd.conf")],
                        .unitDisable(["rsync.service"]))
                }
            }
        }
        return verdict.outcome(pass: "nothing that starts at boot listens on \(ports.map(String.init).either)")
    }

    private func opened(_ listener: Listener, _ unit: String, _ verdict: inout Verdict) {
        for path in listener.files {
            verdict.trying { verdict throws(Unknown) in
                guard let text = try text(path) else { return }
                for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                    let line = String(line).trimmed
                    guard let first = line.first, first != "#", first != ";" else { continue }
                    let words = line.split { " \t=,\"'[]{}".contains($0) }.map(String.init)
                    let key = words.firstIndex {
                        listener.keys.contains($0.hasSuffix(":") ? String($0.dropLast()) : $0)
                    }
                    guard let key, words[(key + 1)...].contains(where: Self.isEverybody) else { continue }
                    verdict.wrong(
                        "\(unit) listens to everybody on port \(listener.port)",
                        [Evidence(path, line: index + 1, text: line)], .unitDisable([unit]))
                }
            }
        }
    }

    private static func isEverybody(_ word: String) -> Bool {
        let word = word.hasPrefix("tcp://") ? String(word.dropFirst(6)) : word
        return ["0.0.0.0", "*", "::", "_site_"].contains { word == $0 || word.hasPrefix($0 + ":") }
    }

    /// The port of `8080`, `0.0.0.0:8080`, `[::]:8080`, `tcp://10.0.0.1:2375`; nil of a path, and where only the own machine gets in.
    static func openPort(_ listen: String) -> Int? {
        var rest = listen[...]
        if let scheme = rest.firstRange(of: "://") { rest = rest[scheme.upperBound...] }
        guard let colon = rest.lastIndex(of: ":") else { return Int(rest) }
        let host = rest[..<colon]
        guard host != "localhost", !host.hasPrefix("127."), host != "[::1]" else { return nil }
        return Int(rest[rest.index(after: colon)...])
    }
}
