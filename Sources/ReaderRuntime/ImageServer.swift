import Blocks
import CSystem
import Documents
import FileSystems
import FoundationEssentials
import Glibc
import Inspection
import ProviderAPI
import ProviderRuntime

/// The reader of images: a process that has one image's descriptor and nothing else, and answers questions about it.
///
/// Hostile images end here: a reader that breaks takes no other process with it, and what it was made to do can neither
/// open a file nor reach a network.
public enum ImageServer {
    /// The program: the socket is descriptor 0. Serves until the host hangs up; does not return.
    public static func main() -> Never {
        let socket = eps_move_socket()
        guard socket > 2 else { _exit(70) }
        let host = getppid()
        _ = eps_no_dumps()
        _ = eps_no_new_privileges()
        _ = eps_limit_processes_files()
        DedicatedThread(stack: 256 << 10) {
            while eps_hung_up(socket, 1000) == 0 && getppid() == host {}
            _exit(0)
        }.detach()
        // File systems nest, and so do calls that follow them.
        DedicatedThread(stack: 16 << 20) { serve(Connection(descriptor: socket)) }.join()
        _exit(0)
    }

    private static func serve(_ connection: Connection) {
        var server: Server?
        while let message = try? connection.receive() {
            var answer = Answer()
            do throws(Failure) {
                if message.kind == .imageOpen {
                    let opened = try Server(message)
                    answer.document = opened.notes
                    server = opened
                } else if let server {
                    answer = try server.answer(message)
                } else {
                    throw Failure(.internal, "no image was given yet")
                }
            } catch {
                answer = Answer(status: error.code == .notFound ? EP_NOT_FOUND : EP_REFUSED, document: error.json)
            }
            var writer = FieldWriter()
            writer.number(UInt64(UInt32(bitPattern: answer.status)))
            writer.field(answer.document)
            let reply = Message(.reply, sequence: message.sequence, payload: writer.bytes)
            guard (try? connection.send(reply)) != nil else { return }
        }
    }

    struct Answer {
        var status = EP_OK
        var document: [UInt8] = []
    }
}

extension Failure {
    fileprivate var json: [UInt8] { (try? JSONEncoder().encode(self)).map { Array($0) } ?? [] }
}

extension ImageServer {
    /// One image, opened.
    final class Server {
        let image: DiskInspection
        /// What the kernel does not enforce here, a sentence a line.
        let notes: [UInt8]

        /// Takes the limits and the descriptor, closes the sandbox, and opens the image.
        init(_ message: Message) throws(Failure) {
            guard let descriptor = message.descriptors.first else { throw Failure(.internal, "no descriptor came") }
            var reader = FieldReader(message.payload)
            guard let memory = try? reader.number(), let name = try? reader.text() else {
                throw Failure(.internal, "a question that no host asks")
            }
            notes = Array(Sandbox.close(memory: memory).joined(separator: "\n").utf8)
            image = try DiskInspection(descriptor: descriptor, name: name)
        }

        func answer(_ message: Message) throws(Failure) -> Answer {
            var reader = FieldReader(message.payload)
            switch message.kind {
            case .imageFacts:
                do { return Answer(document: Array(try image.facts().encoded())) } catch {
                    throw error as? Failure ?? Failure(.internal, "the facts cannot be written as JSON")
                }
            case .imageDisk: return Answer(document: try Self.json(image.blocks.surveyed()))
            case .imageUnread: return Answer(document: try Self.json(image.unread()))
            case .imageCopies:
                let text = (try? reader.field()) ?? []
                guard let copies = try? JSONDecoder().decode([VolumeCopy].self, from: Data(text)) else {
                    throw Failure(.internal, "a question that no host asks")
                }
                // Kept for as long as questions come.
                try image.read(copies, scratch: message.descriptors.first)
                return Answer()
            case .treeStat:
                let stat = try found(path(&reader), following: false).status
                var writer = FieldWriter()
                for number in [stat.size, UInt64(stat.mode), UInt64(stat.user), UInt64(stat.group)] {
                    writer.number(number)
                }
                writer.number(UInt64(bitPattern: stat.modified))
                return Answer(document: writer.bytes)
            case .treeRead:
                let path = path(&reader)
                let limit = Int(clamping: min((try? reader.number()) ?? 0, UInt64(EP_LIMIT_IMAGE)))
                let file = try found(path, following: false)
                if file.status.kind == .symlink {
                    return Answer(document: Array(try file.fileSystem.target(of: file.number).prefix(limit)))
                }
                return Answer(document: try image.tree().beginning(of: file, limit: limit))
            case .treeList:
                let directory = try found(path(&reader), following: true)
                guard directory.status.kind == .directory else {
                    throw Failure(.notFound, "no directory", place: directory.path)
                }
                return Answer(document: try image.tree().list(directory.path).flatMap { Array($0.utf8) + [0] })
            case .blocksRead:
                guard let offset = try? reader.number(), let count = try? reader.number(), count <= 8 << 20 else {
                    throw Failure(.internal, "a question that no host asks")
                }
                return Answer(document: try image.blocks.bytes(at: offset, count: Int(count)))
            case .blocksExtent:
                guard let offset = try? reader.number() else {
                    throw Failure(.internal, "a question that no host asks")
                }
                guard let extent = try image.blocks.extent(at: offset) else {
                    throw Failure(.notFound, "the end of the image")
                }
                var writer = FieldWriter()
                for number in [extent.offset, extent.length, extent.isHole ? 1 : 0] { writer.number(number) }
                return Answer(document: writer.bytes)
            default: throw Failure(.internal, "a question that no host asks")
            }
        }

        private static func json(_ value: some Encodable) throws(Failure) -> [UInt8] {
            do { return [UInt8](try JSONEncoder().encode(value)) } catch {
                throw Failure(.internal, "the answer cannot be written as JSON")
            }
        }

        private func path(_ reader: inout FieldReader) -> String { (try? reader.text()) ?? "" }

        private func found(_ path: String, following: Bool) throws(Failure) -> GuestTree.Found {
            guard let found = try image.tree().find(path, following: following) else {
                throw Failure(.notFound, "not in the image", place: path)
            }
            return found
        }
    }
}
