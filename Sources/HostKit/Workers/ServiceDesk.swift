import CSystem
import Glibc
import ProviderAPI
import ProviderRuntime

/// Answers a worker's messages from the host's services.
struct ServiceDesk {
    let job: WorkerJob
    let services: any HostServices
    let connection: Connection
    /// What the provider last said it was at.
    private(set) var lastStep: String?

    init(job: WorkerJob, services: any HostServices, connection: Connection) {
        self.job = job
        self.services = services
        self.connection = connection
    }

    private struct Answer {
        var number: UInt64 = 0
        var data: [UInt8] = []
    }

    /// - Throws: `ProtocolError` if the message is not one that a worker sends.
    mutating func serve(_ message: Message) throws {
        var reader = FieldReader(message.payload)
        switch message.kind {
        case .hello:
            let number = try reader.number()
            guard number == protocolNumber else {
                throw ProtocolError("the worker speaks protocol \(number), this host \(protocolNumber)")
            }
            // The ABI that the worker offers: of one build with this host's, since the protocol is.
            _ = (try reader.number(), try reader.number())
            for _ in 0..<(try reader.number()) {
                services.log(level: EP_LOG_DEBUG, message: "sandbox: \(try reader.text())")
            }
        case .log:
            let level = Int32(truncatingIfNeeded: try reader.number())
            services.log(level: min(max(level, 0), 3), message: String(decoding: try reader.field(), as: UTF8.self))
        case .progress:
            let done = try reader.number()
            let total = try reader.number()
            let step = String(decoding: try reader.field(), as: UTF8.self)
            let amount = total > 0 ? " \(done) of \(total)" : done > 0 ? " \(done)" : ""
            lastStep = step + amount
            services.progress(done: done, total: total, step: step)
        case .artifactOpen: try open(message)
        default: try request(message)
        }
    }

    private func request(_ message: Message) throws {
        var status = EP_OK
        var answer = Answer()
        do {
            answer = try self.answer(message)
        } catch let error as ProtocolError {
            throw error
        } catch let refusal as ServiceRefusal {
            status = refusal.status
        } catch {
            services.log(level: EP_LOG_ERROR, message: "a service of the host failed: \(error)")
            status = EP_INTERNAL
        }
        guard message.sequence != 0 else { return }
        var writer = FieldWriter()
        writer.number(UInt64(UInt32(bitPattern: status)))
        writer.number(answer.number)
        writer.field(answer.data)
        try connection.send(Message(.reply, sequence: message.sequence, payload: writer.bytes))
    }

    private func answer(_ message: Message) throws -> Answer {
        var reader = FieldReader(message.payload)
        switch message.kind {
        case .checkpoint:
            let flags = UInt32(truncatingIfNeeded: try reader.number())
            let key = try reader.text()
            try services.checkpoint(key: key, data: try reader.field(), flags: flags)
        case .intend: return Answer(number: try services.intend(try reader.field()))
        case .created: try services.created(try reader.number(), document: try reader.field())
        case .settled: try services.settled(try reader.number())
        case .secret:
            let (value, expires) = try services.secret(try reader.text())
            return Answer(number: UInt64(bitPattern: expires), data: value)
        case .redact: services.redact(try reader.field())
        case .fileRead: return Answer(data: try services.fileRead(try reader.text()))
        case .runHelper: return Answer(data: try services.runHelper(try reader.field()))
        case .cacheGet:
            guard let value = services.cacheGet(try reader.text()) else { throw ServiceRefusal(status: EP_NOT_FOUND) }
            return Answer(data: value)
        case .cachePut: services.cachePut(try reader.text(), data: try reader.field())
        case .treeStat, .treeRead, .treeList:
            // The guest's files are for checks, which have no network to send them anywhere.
            guard case .check = job.profile else { throw ServiceRefusal(status: EP_UNSUPPORTED) }
            return try tree(message.kind, &reader)
        default: throw ProtocolError("a message that no worker sends")
        }
        return Answer()
    }

    private func tree(_ kind: FrameKind, _ reader: inout FieldReader) throws -> Answer {
        let path = try reader.text()
        switch kind {
        case .treeStat:
            let stat = try services.treeStat(path)
            var writer = FieldWriter()
            for number in [stat.size, UInt64(stat.mode), UInt64(stat.user), UInt64(stat.group)] {
                writer.number(number)
            }
            writer.number(UInt64(bitPattern: stat.modified))
            return Answer(data: writer.bytes)
        case .treeRead: return Answer(data: try services.treeRead(path, limit: try reader.number()))
        default: return Answer(data: try services.treeList(path).flatMap { Array($0.utf8) + [0] })
        }
    }

    private func open(_ message: Message) throws {
        var reader = FieldReader(message.payload)
        let name = try reader.text()
        let path =
            job.artifactFiles[name]
            ?? (name.isEmpty && job.artifactFiles.count == 1 ? job.artifactFiles.first?.value : nil)
        let descriptor = path.map { eps_open_read($0) } ?? -ENOENT
        if let path, descriptor < 0 {
            services.log(
                level: EP_LOG_ERROR,
                message: "the artifact's file \(path) cannot be opened: \(String(cString: strerror(-descriptor)))")
        }
        var writer = FieldWriter()
        writer.number(UInt64(descriptor >= 0 ? EP_OK : EP_NOT_FOUND))
        let reply = Message(.reply, sequence: message.sequence, payload: writer.bytes)
        defer { if descriptor >= 0 { close(descriptor) } }
        try connection.send(reply, descriptors: descriptor >= 0 ? [descriptor] : [])
    }
}
