import Documents

extension CheckSubject {
    func unitOrdered(_ name: String, before later: [String]) throws(Unknown) -> Outcome {
        guard let unit = try services.unit(name).get() else { throw Unknown("\(name) is not there") }
        var paths = [unit.path]
        for folder in ["/usr/lib", "/lib", "/etc"].map({ "\($0)/systemd/system/\(name).d" }) {
            paths += try list(folder).filter { $0.hasSuffix(".conf") }.map { "\(folder)/\($0)" }
        }
        var named: Set<String> = []
        for path in paths {
            guard let text = try text(path) else {
                if path == unit.path { throw Unknown("\(path) can't be read") }
                continue
            }
            for line in text.split(separator: "\n").map({ String($0).trimmed }) where line.hasPrefix("Before=") {
                named.formUnion(line.dropFirst("Before=".count).split { " \t".contains($0) }.map(String.init))
            }
        }
        let missing = later.filter { !named.contains($0) }
        guard missing.isEmpty else {
            return .fail(
                "\(name) may start after \(missing.listed)", [Evidence(unit.path)],
                [
                    .fileWrite(
                        "/etc/systemd/system/\(name).d/50-order.conf",
                        text: "[Unit]\nBefore=\(missing.joined(separator: " "))\n")
                ])
        }
        return .pass("\(name) starts before \(later.listed)", [Evidence(unit.path)])
    }
}
