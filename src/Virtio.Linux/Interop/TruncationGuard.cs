using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Virtio.Linux.Interop;

/// <summary>
/// Keeps this process alive when another process shortens a file that both have mapped. An access to a page that the file no longer has
/// raises SIGBUS, which no managed code could survive. This handler maps a zeroed private page there, and the access is repeated. The
/// handler is machine code, because it can interrupt any code, the garbage collector included. Every other SIGBUS goes to the handler that
/// was installed before. Does nothing on processors other than x86-64. Thread-safe.
/// </summary>
internal static unsafe class TruncationGuard
{
    private const int Places = 1024;

    private static readonly Lock Gate = new();
    private static Place* _places;

    // rdi: the signal. rsi: siginfo, with the fault address at 16. rdx: the thread's context. 108 bytes; Install fills in two addresses.
    private static ReadOnlySpan<byte> Handler =>
    [
        0x48, 0x8b, 0x46, 0x10,                               //    mov rax, [rsi+16]
        0x49, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0,                   //    mov r8, places
        0xb9, 0x00, 0x04, 0x00, 0x00,                         //    mov ecx, 1024
        0x49, 0x3b, 0x00, 0x72, 0x06,                         // 1: cmp rax, [r8]; jb 2
        0x49, 0x3b, 0x40, 0x08, 0x72, 0x14,                   //    cmp rax, [r8+8]; jb 3
        0x49, 0x83, 0xc0, 0x20,                               // 2: add r8, 32
        0xff, 0xc9, 0x75, 0xed,                               //    dec ecx; jnz 1
        0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0,                   // 4: mov rax, the handler before
        0xff, 0xe0,                                           //    jmp rax
        0xf0, 0x49, 0xff, 0x40, 0x10,                         // 3: lock inc qword [r8+16]
        0x57, 0x56, 0x52,                                     //    push rdi; push rsi; push rdx
        0x49, 0x8b, 0x70, 0x18,                               //    mov rsi, [r8+24]
        0x48, 0x89, 0xf7, 0x48, 0xf7, 0xdf, 0x48, 0x21, 0xc7, //    rdi = rax & -rsi
        0xba, 0x03, 0x00, 0x00, 0x00,                         //    mov edx, PROT_READ | PROT_WRITE
        0x41, 0xba, 0x32, 0x00, 0x00, 0x00,                   //    mov r10d, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS
        0x49, 0xc7, 0xc0, 0xff, 0xff, 0xff, 0xff,             //    mov r8, -1
        0x45, 0x31, 0xc9,                                     //    xor r9d, r9d
        0xb8, 0x09, 0x00, 0x00, 0x00, 0x0f, 0x05,             //    mov eax, mmap; syscall
        0x5a, 0x5e, 0x5f,                                     //    pop rdx; pop rsi; pop rdi
        0x48, 0x85, 0xc0, 0x78, 0xbb,                         //    test rax, rax; js 4
        0xc3,                                                 //    ret
    ];

    private const int PlacesOffset = 6;
    private const int BeforeOffset = 40;

    /// <summary>Guards a mapping.</summary>
    /// <returns>The argument for <see cref="Remove"/>; negative where there is no guard, or no free place.</returns>
    internal static int Add(nint address, nuint length, nuint pageSize)
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
            return -1;
        lock (Gate)
        {
            if (_places is null)
                Install();
            for (int i = 0; i < Places; i++)
            {
                if (_places[i].End != 0)
                    continue;

                // The end is stored last: until then no address lies within the place, and the handler ignores it.
                _places[i] = new Place { Start = (ulong)address, PageSize = pageSize };
                Volatile.Write(ref _places[i].End, (ulong)address + length);
                return i;
            }

            return -1;
        }
    }

    /// <summary>
    /// Ends the guard of a mapping. Called before the unmapping, so that the handler does not replace pages of a later mapping.
    /// </summary>
    /// <returns>How many accesses were beyond the end of the file.</returns>
    internal static ulong Remove(int place)
    {
        if (place < 0)
            return 0;
        lock (Gate)
        {
            ulong hits = _places[place].Hits;
            _places[place] = default;
            return hits;
        }
    }

    private static void Install()
    {
        var places = (Place*)NativeMemory.AllocZeroed(Places, (nuint)sizeof(Place));
        nint code = MappingCalls.Map(
            0, (nuint)Handler.Length, MappingCalls.Readable | MappingCalls.Writable, MappingCalls.Private | MappingCalls.Anonymous, -1, 0);
        if (code == -1 || ProcessCalls.SetSignalAction(ProcessCalls.BusError, null, out SignalAction before) != 0)
            throw new IOException($"no guard against files that are shortened: {new Win32Exception().Message}");
        var bytes = new Span<byte>((void*)code, Handler.Length);
        Handler.CopyTo(bytes);
        MemoryMarshal.Write(bytes[PlacesOffset..], (nint)places);

        // Without an earlier handler the value is 0: the jump to address 0 ends the process, as the signal would have.
        MemoryMarshal.Write(bytes[BeforeOffset..], before.Handler);
        var action = new SignalAction
        {
            Handler = code,
            Flags = SignalAction.WithInformation | SignalAction.OnOwnStack | SignalAction.RestartsCalls,
        };
        if (MappingCalls.Protect(code, (nuint)Handler.Length, MappingCalls.Readable | MappingCalls.Executable) != 0
            || ProcessCalls.SetSignalAction(ProcessCalls.BusError, &action, out _) != 0)
            throw new IOException($"no guard against files that are shortened: {new Win32Exception().Message}");
        _places = places;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Place
    {
        internal ulong Start;
        internal ulong End;
        internal ulong Hits;
        internal ulong PageSize;
    }
}
