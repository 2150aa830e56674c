namespace Virtio.Vmm.Boards.X86;

/// <summary>What a write to a port asks of the whole machine.</summary>
internal enum X86PowerRequest
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>To be switched off.</summary>
    PowerOff,

    /// <summary>To be reset.</summary>
    Reset,
}
