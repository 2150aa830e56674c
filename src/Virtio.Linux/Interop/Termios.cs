using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Virtio.Linux.Interop;

/// <summary>
/// <c>struct termios</c> of the C libraries on 64-bit x86, Arm and RISC-V. Complete, so that it can be restored as it was.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Termios
{
    internal uint InputFlags;
    internal uint OutputFlags;
    internal uint ControlFlags;
    internal uint LocalFlags;
    internal byte LineDiscipline;
    internal ControlCharacters Characters;
    internal uint InputSpeed;
    internal uint OutputSpeed;

    /// <summary><c>c_cc</c>.</summary>
    [InlineArray(Count)]
    internal struct ControlCharacters
    {
        internal const int Count = 32;

        private byte _first;
    }
}
