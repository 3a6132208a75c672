import CSystem
public import Documents
import FoundationEssentials
import Glibc
public import ProviderAPI
public import Synchronization

/// A host for tests of providers: every service of `ep_host`, answered from memory through the C ABI. Nothing of it reaches
/// the network or the disk but the artifact's own files.
public final class FakeHost: @unchecked Sendable {
    // Unchecked: the pointer is written in init alone; what changes is in the mutex.

    public struct Memory: Sendable {
        /// `level: message`, as logged.
        public var lines: [String] = []
        public var steps: [String] = []
        public var isCancelled = false
        /// Cancels once that many steps of progress were told.
        public var cancelAfterSteps: Int?
        /// What was stored, oldest first, with its flags.
        public var records: [Record] = []
        /// The ledger, with what became of each entry.
        public var ledger: [LedgerEntry] = []
        public var settled: Set<UInt64> = []
        public var redacted: [String] = []
        public var secrets: [String: String] = [:]
        /// When the secrets expire; 0: not known.
        public var expires: Int64 = 0
        public var files: [String: [UInt8]] = [:]
        /// What each helper prints.
        public var helpers: [String: String] = [:]
        /// Runs a helper in their stead: from the request's document to the status and what goes to the sink.
        public var helper: (@Sendable ([UInt8]) -> (ep_status, [UInt8]))?
        public var helperCalls: [HelperCommand] = []
        public var cache: [String: [UInt8]] = [:]
        public var now: Int64 = 1_700_000_000_000_000_000
        /// What `artifact_open` finds: name to path.
        public var artifact: [String: String] = [:]
        /// The raw disk of the blocks view, open; -1: no such view.
        public var blocks: Int32 = -1
        /// The guest's tree: path to content; directories end in a slash and have none.
        public var tree: [String: [UInt8]] = [:]
        /// Services that answer with a status instead of their work, by the header's names.
        public var refusals: [String: ep_status] = [:]
    }

    public struct Record: Sendable, Equatable {
        public var key: String
        public var data: [UInt8]
        public var flags: UInt32
    }

    public let memory = Mutex(Memory())
    private let pointer = UnsafeMutablePointer<ep_host>.allocate(capacity: 1)
    /// What `open` is given. Lives as long as the process: late threads of a provider do no harm.
    public var table: UnsafePointer<ep_host> { UnsafePointer(pointer) }

    public init() {
        pointer.initialize(to: ep_host())
        pointer.pointee.header = ep_header(
            size: UInt32(MemoryLayout<ep_host>.size), abi_major: UInt16(EP_ABI_MAJOR), abi_minor: UInt16(EP_ABI_MINOR))
        pointer.pointee.context = OpaquePointer(Unmanaged.passRetained(self).toOpaque())
        fillReports()
        fillRecords()
        fillValues()
        fillViews()
    }

    /// Changes what it answers.
    public func set(_ change: (inout sending Memory) -> Void) { memory.withLock { change(&$0) } }

    /// A look at what it remembers.
    public func look<Result: Sendable>(_ body: (Memory) -> Result) -> Result { memory.withLock { body($0) } }

    /// What a cleanup would have to undo. As in the host's own ledger, what is settled settles every intent of the same.
    public var unsettled: [LedgerEntry] {
        look { memory in
            let settled = memory.ledger.filter { memory.settled.contains($0.intent) }
            return memory.ledger.filter { entry in
                !settled.contains {
                    ($0.kind, $0.region, $0.find) == (entry.kind, entry.region, entry.find)
                        || (entry.id != nil && ($0.kind, $0.region, $0.id) == (entry.kind, entry.region, entry.id))
                }
            }
        }
    }

    static func of(_ context: OpaquePointer?) -> FakeHost {
        guard let context else { fatalError("the provider passed no host context") }
        return Unmanaged<FakeHost>.fromOpaque(UnsafeRawPointer(context)).takeUnretainedValue()
    }

    /// The service's work on the memory, or the refusal that the test asked for.
    static func serve(
        _ context: OpaquePointer?, _ name: String, _ body: (inout Memory) -> ep_status
    ) -> ep_status {
        of(context).memory.withLock { memory in
            if let refusal = memory.refusals[name] { return refusal }
            return body(&memory)
        }
    }

    private func fillReports() {
        pointer.pointee.log = { context, level, message, size in
            FakeHost.of(context).memory.withLock { $0.lines.append("\(level): \(text(message, size))") }
        }
        pointer.pointee.progress = { context, done, total, step, size in
            FakeHost.of(context).memory.withLock { $0.steps.append("\(text(step, size)) \(done) of \(total)") }
        }
        pointer.pointee.cancelled = { context in
            FakeHost.of(context).look { $0.isCancelled || $0.steps.count >= $0.cancelAfterSteps ?? .max } ? 1 : 0
        }
        pointer.pointee.clock_now = { context in FakeHost.of(context).memory.withLock { $0.now } }
        pointer.pointee.random = { context, buffer, size in
            FakeHost.serve(context, "random") { _ in
                buffer.map { eps_random($0, Int(size)) } == 0 ? EP_OK : EP_INTERNAL
            }
        }
        pointer.pointee.extension = { _, _ in nil }
    }

    private func fillRecords() {
        pointer.pointee.checkpoint = { context, key, keySize, data, size, flags in
            FakeHost.serve(context, "checkpoint") { memory in
                guard keySize > 0, keySize <= EP_LIMIT_KEY, size <= EP_LIMIT_CHECKPOINT else { return EP_INVALID }
                memory.records.append(Record(key: text(key, keySize), data: copy(data, size), flags: flags))
                return EP_OK
            }
        }
        pointer.pointee.checkpoint_replay = { context, visitor, visit in
            let records = FakeHost.of(context).look { memory in
                memory.records.enumerated().filter { index, record in
                    record.flags & EP_CHECKPOINT_APPEND != 0
                        || !memory.records[(index + 1)...].contains {
                            $0.key == record.key && $0.flags & EP_CHECKPOINT_APPEND == 0
                        }
                }.map(\.element)
            }
            for record in records {
                let status = record.key.withCString {
                    visit?(visitor, $0, UInt64(record.key.utf8.count), record.data, UInt64(record.data.count))
                        ?? EP_INVALID
                }
                if status != EP_OK { return status }
            }
            return EP_OK
        }
        pointer.pointee.intend = { context, document, size, number in
            FakeHost.serve(context, "intend") { memory in
                guard let intent = decode(LedgerIntent.self, document, size), !intent.find.isEmpty else {
                    return EP_INVALID
                }
                let next = UInt64(memory.ledger.count + 1)
                memory.ledger.append(
                    LedgerEntry(intent: next, kind: intent.kind, region: intent.region, find: intent.find))
                number?.pointee = next
                return EP_OK
            }
        }
        pointer.pointee.created = { context, number, document, size in
            FakeHost.serve(context, "created") { memory in
                guard let created = decode(LedgerCreated.self, document, size),
                    let index = memory.ledger.firstIndex(where: { $0.intent == number })
                else { return EP_INVALID }
                memory.ledger[index].id = created.id
                memory.ledger[index].undo = created.undo
                memory.ledger[index].region = memory.ledger[index].region ?? created.region
                return EP_OK
            }
        }
        pointer.pointee.settled = { context, number in
            FakeHost.serve(context, "settled") { memory in
                memory.settled.insert(number)
                return EP_OK
            }
        }
    }

    private func fillValues() {
        pointer.pointee.secret = { context, name, size, sink, expires in
            FakeHost.serve(context, "secret") { memory in
                guard let value = memory.secrets[text(name, size)] else { return EP_AUTH }
                expires?.pointee = memory.expires
                return write(Array(value.utf8), sink)
            }
        }
        pointer.pointee.redact = { context, secret, size in
            FakeHost.serve(context, "redact") { memory in
                memory.redacted.append(text(secret, size))
                return EP_OK
            }
        }
        pointer.pointee.file_read = { context, name, size, sink in
            FakeHost.serve(context, "file_read") { memory in
                memory.files[text(name, size)].map { write($0, sink) } ?? EP_NOT_FOUND
            }
        }
        pointer.pointee.run_helper = { context, document, size, sink in
            FakeHost.serve(context, "run_helper") { memory in
                guard let command = decode(HelperCommand.self, document, size) else { return EP_INVALID }
                memory.helperCalls.append(command)
                if let (status, output) = memory.helper?(copy(document, size)) {
                    return status == EP_OK ? write(output, sink) : status
                }
                return memory.helpers[command.name].map { write(Array($0.utf8), sink) } ?? EP_DENIED
            }
        }
        pointer.pointee.cache_get = { context, key, size, sink in
            FakeHost.serve(context, "cache_get") { memory in
                memory.cache[text(key, size)].map { write($0, sink) } ?? EP_NOT_FOUND
            }
        }
        pointer.pointee.cache_put = { context, key, keySize, data, size in
            FakeHost.serve(context, "cache_put") { memory in
                guard keySize > 0, keySize <= EP_LIMIT_KEY, size <= EP_LIMIT_CACHE else { return EP_INVALID }
                memory.cache[text(key, keySize)] = copy(data, size)
                return EP_OK
            }
        }
    }

    private func fillViews() {
        pointer.pointee.artifact_open = { context, name, size, descriptor in
            FakeHost.serve(context, "artifact_open") { memory in
                let name = text(name, size)
                let path =
                    name.isEmpty && memory.artifact.count == 1 ? memory.artifact.first?.value : memory.artifact[name]
                guard let path else { return EP_NOT_FOUND }
                let opened = Glibc.open(path, O_RDONLY | O_CLOEXEC)
                guard opened >= 0 else { return EP_NOT_FOUND }
                descriptor?.pointee = opened
                return EP_OK
            }
        }
        pointer.pointee.artifact_size = { context in
            let blocks = FakeHost.of(context).look { $0.blocks }
            return blocks < 0 ? 0 : UInt64(lseek(blocks, 0, SEEK_END))
        }
        pointer.pointee.artifact_read = { context, offset, buffer, size in
            let blocks = FakeHost.of(context).look { $0.blocks }
            return blocks < 0 ? -1 : Int64(pread(blocks, buffer, Int(size), off_t(offset)))
        }
        pointer.pointee.artifact_next_extent = { context, offset, extent in
            let blocks = FakeHost.of(context).look { $0.blocks }
            guard blocks >= 0 else { return EP_UNSUPPORTED }
            var length: UInt64 = 0
            let kind = eps_extent(blocks, offset, &length)
            guard kind > 0 else { return kind == 0 ? EP_NOT_FOUND : EP_INTERNAL }
            extent?.pointee.offset = offset
            extent?.pointee.length = length
            extent?.pointee.flags = kind == 2 ? EP_EXTENT_HOLE : 0
            return EP_OK
        }
        pointer.pointee.image_stat = { context, path, size, stat in
            FakeHost.serve(context, "image_stat") { memory in
                let path = text(path, size)
                if let content = memory.tree[path] {
                    stat?.pointee.size = UInt64(content.count)
                    stat?.pointee.mode = 0o100644
                } else if memory.tree["\(path)/"] != nil {
                    stat?.pointee.mode = 0o040755
                } else {
                    return EP_NOT_FOUND
                }
                return EP_OK
            }
        }
        pointer.pointee.image_read = { context, path, size, limit, sink in
            FakeHost.serve(context, "image_read") { memory in
                memory.tree[text(path, size)].map { write(Array($0.prefix(Int(limit))), sink) } ?? EP_NOT_FOUND
            }
        }
        pointer.pointee.image_list = { context, path, size, sink in
            FakeHost.serve(context, "image_list") { memory in
                let folder = text(path, size) + "/"
                guard memory.tree[folder] != nil else { return EP_NOT_FOUND }
                let names = memory.tree.keys.filter { $0.hasPrefix(folder) && $0 != folder }
                    .map { $0.dropFirst(folder.count) }.filter { !$0.contains("/") }.sorted()
                return write(names.flatMap { Array($0.utf8) + [0] }, sink)
            }
        }
    }
}

private func copy(_ pointer: UnsafeRawPointer?, _ size: UInt64) -> [UInt8] {
    pointer.map { Array(UnsafeRawBufferPointer(start: $0, count: Int(size))) } ?? []
}

private func text(_ pointer: UnsafePointer<CChar>?, _ size: UInt64) -> String {
    String(decoding: copy(pointer, size), as: UTF8.self)
}

private func decode<Value: Decodable>(_ type: Value.Type, _ pointer: UnsafePointer<CChar>?, _ size: UInt64) -> Value? {
    try? DocumentCoding.decode(type, from: Data(copy(pointer, size)))
}

private func write(_ bytes: [UInt8], _ sink: UnsafePointer<ep_sink>?) -> ep_status {
    guard let sink, let write = sink.pointee.write else { return EP_INVALID }
    return write(sink.pointee.context, bytes, UInt64(bytes.count))
}
