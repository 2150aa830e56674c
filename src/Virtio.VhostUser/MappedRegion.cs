using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>A region of guest memory in this process.</summary>
[SupportedOSPlatform("linux")]
internal sealed record MappedRegion(MemoryRange Range, SharedMemory Memory)
{
    /// <summary>Maps a region of a file that the front-end has sent, and closes the file.</summary>
    /// <exception cref="ProtocolException">The region cannot be mapped.</exception>
    internal static MappedRegion Map(MemoryRange range, ulong offset, SafeFileHandle file)
    {
        using (file)
        {
            try
            {
                return new MappedRegion(range, SharedMemory.Map(file, offset, range.Length));
            }
            catch (IOException e)
            {
                throw new ProtocolException($"the memory region {range} cannot be mapped: {e.Message}", e);
            }
        }
    }
}
