namespace Virtio.Vmm.Images;

/// <summary>A file that is added to a guest image.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="Path">Its path in the guest, without a leading slash.</param>
/// <param name="Mode">Its permissions; null: those of the host's file if the content is one.</param>
internal sealed record GuestFile(BootSource Content, string Path, UnixFileMode? Mode)
{
    private const UnixFileMode Permissions = (UnixFileMode)0x1ff;
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The permissions of the file in the guest.</summary>
    internal UnixFileMode ModeInGuest()
    {
        if (Mode is { } mode)
            return mode;
        if (Content.Path is not { } path)
            return Plain;

        // Windows has no such permissions. A file that the guest cannot run would be the greater surprise.
        return OperatingSystem.IsWindows() ? Executable : File.GetUnixFileMode(path) & Permissions;
    }
}
