import CSystem
import Documents
import Glibc
import ProviderAPI
import ProviderRuntime

/// One job's life on its own thread: feeds the worker, serves it, watches the clock, ends it.
final class Session {
    private let job: WorkerJob
    private let process: WorkerProcess
    private let services: any HostServices
    private let cancellation: Cancellation
    private let connection: Connection
    private var desk: ServiceDesk
    private var parser = FrameParser()
    private var output = OutputMeter(name: "stdout")
    private var errors = OutputMeter(name: "stderr")
    /// Of what comes as log messages.
    private var log = OutputMeter(name: "the log")
    private var status: Int32?
    private var ending: WorkerOutcome?
    /// Why the host killed the worker, if it did.
    private var verdict: String?
    private var lastSign = eps_monotonic()
    private var cancelledAt: Int64?
    private var killedAt: Int64?
    private var isConnected = true

    /// How long a provider may take to stop when asked.
    static let grace: Int64 = 4_000_000_000
    /// How long a worker may take to end after its result.
    static let farewell: Int64 = 1_000_000_000
    private var endingAt: Int64?

    init(_ job: WorkerJob, _ process: WorkerProcess, _ services: any HostServices, _ cancellation: Cancellation) {
        self.job = job
        self.process = process
        self.services = services
        self.cancellation = cancellation
        connection = Connection(descriptor: process.socket)
        desk = ServiceDesk(job: job, services: services, connection: connection)
    }

    func run() -> WorkerOutcome {
        defer {
            for descriptor in [process.socket, process.output, process.errors, process.end] where descriptor >= 0 {
                close(descriptor)
            }
        }
        do { try begin() } catch {
            // A worker that dies at once is told by its end, which the loop below sees.
            if let failure = error as? Failure {
                process.kill()
                verdict = failure.message
            }
        }
        while !step() {}
        process.killOrphans()
        return outcome()
    }

    private func begin() throws {
        var message = Job()
        message.providerID = job.providerID
        message.providerVersion = job.providerVersion
        message.libraryPath = job.libraryPath
        let identity = job.libraryIdentity
        message.identity = [identity.device, identity.inode, identity.size, UInt64(bitPattern: identity.modified)]
        message.operation = job.operation
        message.configuration = job.configuration
        message.request = job.request
        if case .check = job.profile { message.refuseNetwork = true } else { message.refuseNetwork = false }
        message.readableFiles = job.readableFiles
        message.writableDirectories = job.writableDirectories
        message.ports = job.ports.map { UInt64(max(0, $0)) }
        message.memoryLimit = job.memoryLimit ?? 0
        message.mark = UInt64(process.mark)
        message.filterSystemCalls = job.filterSystemCalls
        var descriptors: [Int32] = []
        if let path = job.blocksPath {
            let descriptor = eps_open_read(path)
            guard descriptor >= 0 else { throw Failure(.usage, "the artifact \(path) cannot be read") }
            descriptors.append(descriptor)
            message.hasBlocks = true
        }
        defer { for descriptor in descriptors { close(descriptor) } }
        try connection.send(Message(.job, payload: message.encoded()), descriptors: descriptors)
        for record in job.checkpoints {
            var writer = FieldWriter()
            writer.text(record.key)
            writer.field(record.data)
            try connection.send(Message(.replay, payload: writer.bytes))
        }
        try connection.send(Message(.start))
    }

    /// One turn of the loop; true at the worker's end.
    private func step() -> Bool {
        var items = [process.socket, process.output, process.errors, process.end].map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        if !isConnected { items[0].fd = -1 }
        if output.isClosed { items[1].fd = -1 }
        if errors.isClosed { items[2].fd = -1 }
        poll(&items, 4, 100)
        if items[0].revents != 0 { readSocket() }
        if items[1].revents != 0 { read(&output, process.output) }
        if items[2].revents != 0 { read(&errors, process.errors) }
        if hasEnded() {
            if process.pid != nil {
                // What it wrote last is still in the socket and the pipes.
                while isConnected, readSocket() {}
                read(&output, process.output)
                read(&errors, process.errors)
            }
            for line in [output.rest(), errors.rest()] {
                if let line { services.log(level: EP_LOG_INFO, message: line) }
            }
            return true
        }
        keepTime()
        return false
    }

    private func hasEnded() -> Bool {
        guard let pid = process.pid else { return !isConnected }
        var status: Int32 = 0
        guard eps_collect(pid, &status) != 0 else { return false }
        self.status = status
        return true
    }

    private func keepTime() {
        let now = eps_monotonic()
        if cancelledAt == nil, cancellation.isCancelled {
            cancelledAt = now
            try? connection.send(Message(.cancel))
        }
        if verdict != nil || killedAt != nil { return }
        if let endingAt {
            if now - endingAt > Self.farewell { end(nil) }
        } else if let cancelledAt {
            if now - cancelledAt > Self.grace { end(nil) }
        } else if now - lastSign > job.inactivity.nanoseconds {
            end("gave no sign of life for \(job.inactivity.components.seconds) s")
        }
    }

    private func end(_ reason: String?) {
        verdict = verdict ?? reason
        killedAt = killedAt ?? eps_monotonic()
        process.kill()
        // Inside this process nothing can be killed: the thread is left behind.
        if process.pid == nil { isConnected = false }
    }

    /// False when nothing more is there now.
    @discardableResult
    private func readSocket() -> Bool {
        var size = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: 256 << 10) { buffer, initialized in
            size = eps_receive_now(process.socket, buffer.baseAddress, buffer.count)
            initialized = max(0, size)
        }
        if size == -Int(EAGAIN) { return false }
        guard size > 0 else {
            isConnected = false
            if parser.isMidMessage { end("broke off in the middle of a message") }
            return false
        }
        parser.append(bytes)
        do {
            while let message = try parser.next() {
                if message.kind == .result {
                    ending = try result(message)
                    endingAt = eps_monotonic()
                } else if verdict == nil {
                    if message.kind == .log { log.charge(Int64(message.payload.count)) }
                    if log.isFlooding { end("flooded \(log.name)") } else { try desk.serve(message) }
                }
                lastSign = eps_monotonic()
            }
        } catch {
            isConnected = false
            let reason = (error as? ProtocolError)?.reason ?? "\(error)"
            // A peer that is already dead is told by its end, not by our unsent reply.
            if !reason.hasPrefix("the other side") { end("broke the protocol on its connection: \(reason)") }
        }
        return isConnected
    }

    private func read(_ meter: inout OutputMeter, _ descriptor: Int32) {
        guard descriptor >= 0 else { return }
        for line in meter.read(descriptor) {
            lastSign = eps_monotonic()
            services.log(level: EP_LOG_INFO, message: line)
        }
        if meter.isFlooding, verdict == nil { end("flooded \(meter.name)") }
    }

    private func result(_ message: Message) throws -> WorkerOutcome {
        var reader = FieldReader(message.payload)
        let status = Int32(truncatingIfNeeded: try reader.number())
        let document = try reader.field()
        switch status {
        case EP_OK: return .done(document)
        case EP_PENDING: return .pending(document)
        case EP_CANCELLED where cancellation.isCancelled: return .cancelled
        case 1...13: return .failed(status: status, document: document)
        default: return .failed(status: EP_INTERNAL, document: document)
        }
    }

    private func outcome() -> WorkerOutcome {
        let signal = status.map { eps_status_signal($0) } ?? 0
        if verdict == nil, let ending { return ending }
        if verdict == nil, cancelledAt != nil { return .cancelled }
        let what: String
        if signal != 0, signal != SIGKILL {
            // Its own end says more than what the host made of the half-written bytes.
            what = "the provider crashed (SIG\(String(cString: eps_signal_name(signal))))"
        } else if let verdict {
            what = "the provider \(verdict)"
        } else if signal != 0 {
            what = "the provider crashed (SIG\(String(cString: eps_signal_name(signal))))"
        } else if let status {
            what = "the provider ended its worker (exit status \(eps_status_exit(status))) without a result"
        } else {
            what = "the provider left its connection without a result"
        }
        var message = "\(what) during \(job.operation)"
        if let step = desk.lastStep { message += ", after \(step)" }
        return .crashed(
            Failure(
                .crashed, message, place: "\(job.providerID) \(job.providerVersion), \(job.libraryPath)",
                hint: "What was done is kept: resume continues there. Report it to the provider's author.",
                retryable: true))
    }
}

extension Duration {
    var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
