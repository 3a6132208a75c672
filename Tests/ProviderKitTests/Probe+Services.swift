import Documents
import Foundation
import ProviderKit

extension Probe {
    func services(_ operation: String, _ request: OperationRequest, _ result: inout OperationResult) async throws {
        switch operation {
        case "com.example.reports/1":
            host.log(.warning, "careful")
            host.progress(3, of: 9, "part")
            result.data = .object([
                "now": .integer(host.now), "random": .integer(Int64(Set(try host.random(64)).count)),
            ])
        case "com.example.store/1":
            try host.checkpoint("part-1", value: Part(number: 1, tag: "a"))
            try host.checkpoint("part-1", value: Part(number: 1, tag: "b"), barrier: true)
            for number in 1...3 { try host.checkpoint("log", value: Part(number: number, tag: "l"), append: true) }
        case "com.example.replay/1":
            let records = try host.checkpoints()
            let part = records.value(Part.self, for: "part-1")
            result.actions = [
                "\(part?.tag ?? "none")", "\(records.values(Part.self, for: "log").map(\.number))",
                "\(records.latest.keys.sorted())", "\(records.value(Part.self, for: "absent") == nil)",
            ]
        case "com.example.make/1":
            let made = try await host.creating(kind: "image", region: "eu-1", find: ["name": "x"]) {
                switch request.target.address {
                case "refused": throw NotMade(Failure(.refused, "no"))
                case "lost": throw Failure(.network, "no answer")
                default: LedgerCreated(id: "img-1", undo: ["snapshot": "s-1"])
                }
            }
            if request.target.tags.isEmpty { try made.settled() }
            result.actions = [made.id]
        case "com.example.secret/1":
            let secret = try host.secret("token")
            let derived = try host.redact("signed-\(secret.reveal())")
            host.log(.info, "the token is \(secret), its signature \(derived)")
            result.actions = ["\(secret.isExpired(at: host.now))", secret.reveal() == "s3cret" ? "right" : "wrong"]
        case "com.example.files/1":
            let helper = try host.run(HelperCommand(name: "login", arguments: ["get"], input: "registry"))
            struct Answer: Decodable { var user: String }
            result.actions = [
                String(decoding: try host.file("profile"), as: UTF8.self), try helper.decode(Answer.self).user,
            ]
        case "com.example.cache/1":
            result.actions = ["\(try host.cached(Part.self, "k").map { $0.tag } ?? "empty")"]
            try host.cache("k", value: Part(number: 1, tag: "kept"))
        case "com.example.blocks/1":
            guard let blocks = host.blocks else {
                result.actions = ["no blocks"]
                return
            }
            var extents: [String] = []
            var offset: UInt64 = 0
            while let extent = try blocks.nextExtent(at: offset) {
                extents.append("\(extent.isHole ? "hole" : "data") \(extent.length)")
                offset = extent.end
            }
            var buffer = [UInt8](repeating: 1, count: 8)
            let count = try buffer.withUnsafeMutableBytes { try blocks.read(at: blocks.size - 4, into: $0) }
            result.actions = ["\(blocks.size)", "\(count)", "\(buffer[..<count])"] + extents
        case "com.example.tree/1":
            guard let tree = host.tree else { return }
            result.actions = [
                String(decoding: try tree.read("/etc/os-release", limit: 4) ?? [], as: UTF8.self),
                "\(try tree.list("/etc") ?? [])", "\(try tree.list("/none") == nil)",
                "\(try tree.stat("/etc")?.isDirectory == true)", "\(try tree.stat("/none") == nil)",
            ]
        default: throw Unsupported(operation)
        }
    }
}
