import CSystem
import Changing
import Documents
import FoundationEssentials
import Glibc
import ProviderAPI
import ProviderRuntime

/// The process that changes one image: first of namespaces of its own for users, mounts and processes, so that what it mounts and
/// starts is seen nowhere else, and is gone when it is.
public enum ChangeServer {
    /// The program: the socket is descriptor 0. Carries out one request; does not return.
    public static func main() -> Never {
        let socket = eps_move_socket()
        guard socket > 2 else { _exit(70) }
        // Before any thread begins.
        let entered = eps_enter_namespaces(socket)
        guard entered == 0 else {
            let words = Array("no namespaces: \(String(cString: strerror(-entered)))\n".utf8)
            _ = write(2, words, words.count)
            _exit(71)
        }
        _ = eps_no_dumps()
        // An image that is not whole is nothing to anybody: it need not be on the disk at each step of the guest's package manager,
        // and a guest's sync is none of this machine's business. Where there is no seccomp, all is as right, and slower.
        _ = eps_ignore_syncs()
        // Its end is the end of all that runs here: it is the first process of its namespace.
        DedicatedThread(stack: 256 << 10) {
            while eps_hung_up(socket, 1000) == 0 {}
            _exit(0)
        }.detach()
        DedicatedThread(stack: 8 << 20) { serve(Connection(descriptor: socket)) }.join()
        _exit(0)
    }

    private static func serve(_ connection: Connection) {
        guard let message = try? connection.receive(), message.kind == .imageChange else { return }
        var status = EP_OK
        var document: [UInt8] = []
        do {
            let request = try DocumentCoding.decode(ChangeRequest.self, from: Data(message.payload))
            let reply = try change(request) { step in
                try? connection.send(Message(.changeStep, payload: Array(step.utf8)))
            }
            document = Array(try DocumentCoding.encode(reply))
        } catch {
            status = EP_REFUSED
            let failure = error as? Failure ?? Failure(.internal, "the request cannot be read: \(error)")
            document = (try? DocumentCoding.encode(failure)).map { Array($0) } ?? []
        }
        var writer = FieldWriter()
        writer.number(UInt64(UInt32(bitPattern: status)))
        writer.field(document)
        try? connection.send(Message(.reply, sequence: message.sequence, payload: writer.bytes))
    }

    private static func change(_ request: ChangeRequest, _ report: @escaping (String) -> Void) throws -> ChangeReply {
        report("mount")
        let mount = try GuestMount(request)
        let change = GuestChange(
            mount.root, request, programs: mount.programs, servers: mount.servers, report: report)
        do { try change.carryOut() } catch {
            if change.isPaused {
                try mount.writeMachine(change.commands)
                try mount.unmount()
                return ChangeReply(commands: change.commands)
            }
            // What failed is what is told; the image is thrown away.
            try? mount.unmount()
            throw error
        }
        report("unmount and check")
        try mount.unmount()
        return ChangeReply(byHand: change.byHand)
    }
}
