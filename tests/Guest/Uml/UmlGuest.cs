using System.Diagnostics;
using System.Globalization;
using System.Text;
using Virtio.Testing.Guest;
using Virtio.Vmm;

namespace Virtio.Guest.Tests.Uml;

/// <summary>
/// Debian's User-Mode Linux with the amd64 guest's programs: a kernel that is an ordinary process, and a vhost-user front-end that shares
/// no code with QEMU's.
/// </summary>
internal sealed class UmlGuest : IAsyncDisposable
{
    private const string Program = "linux.uml";
    private const string Modules = "/usr/lib/uml/modules";
    private const string BlockDriver = "kernel/drivers/block/virtio_blk.ko";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly TemporaryFolder _folder = new();
    private readonly Process _process;
    private readonly GuestAgent _agent;

    private UmlGuest(string program, string device)
    {
        string ramdisk = Path.Combine(_folder.Root, "initrd.cpio");
        WriteRamdisk(ramdisk);

        // The console output of the kernel goes to tty0, which does not exist; its memory and its other files go to the folder.
        string[] arguments =
        [
            "mem=256M",
            $"initrd={ramdisk}",
            $"virtio_uml.device={device}",
            "console=tty0",
            "con=null",
            "ssl0=fd:0,fd:1",
            "virtio.agent=ttyS0",
            "panic=-1",
            $"uml_dir={_folder.Root}",
        ];
        _process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
        _agent = new GuestAgent(_process.StandardInput.BaseStream, _process.StandardOutput.BaseStream);
    }

    /// <summary>Boots the guest.</summary>
    /// <param name="device">A socket's path and the number of the device type behind it.</param>
    internal static async Task<UmlGuest> StartAsync(string device)
    {
        string program = Programs.Find(Program);
        Guests.RequireImage(MicroVmMachine.Kvm);
        var guest = new UmlGuest(program, device);
        try
        {
            using var limit = new CancellationTokenSource(Limit);
            await guest._agent.WaitUntilReadyAsync(limit.Token);
            return guest;
        }
        catch
        {
            await guest.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a script, which must succeed, and returns its output without the white space around it.</summary>
    internal async Task<string> RunAsync(string script)
    {
        using var limit = new CancellationTokenSource(Limit);
        GuestResult result = await _agent.RunAsync(script, limit.Token);
        return result.ExitStatus == 0
            ? result.Text
            : throw new GuestScriptException($"the script ended with {result.ExitStatus}\n{script}\n{result.Output}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    // The guest image's ramdisk, and behind it the block driver, which Debian's kernel has as a module. The kernel unpacks one archive
    // after the other.
    private static void WriteRamdisk(string path)
    {
        using FileStream ramdisk = File.Create(path);
        foreach (BootSource part in GuestImage.Find(MicroVmMachine.Kvm).Initrd)
        {
            using FileStream source = File.OpenRead(part.Name);
            source.CopyTo(ramdisk);
        }

        string modules = Assert.Single(Directory.GetDirectories(Modules));
        string folder = "usr/lib/modules";
        WriteEntry(ramdisk, folder = $"{folder}/{Path.GetFileName(modules)}", null);
        WriteEntry(ramdisk, $"{folder}/modules.dep", Encoding.ASCII.GetBytes($"{BlockDriver}:\n"));
        foreach (string part in (string[])["kernel", "kernel/drivers", "kernel/drivers/block"])
            WriteEntry(ramdisk, $"{folder}/{part}", null);
        WriteEntry(ramdisk, $"{folder}/{BlockDriver}", File.ReadAllBytes(Path.Combine(modules, BlockDriver)));
        WriteEntry(ramdisk, "TRAILER!!!", []);
    }

    // An entry of a cpio archive in the "newc" format: thirteen numbers of eight hexadecimal digits. Name and content end at multiples of
    // four. A folder has no content.
    private static void WriteEntry(FileStream archive, string name, byte[]? content)
    {
        uint[] numbers =
        [
            0, content is null ? 0x41edu : 0x81a4u, 0, 0, 1, 0, (uint)(content?.Length ?? 0), 0, 0, 0, 0, (uint)name.Length + 1, 0,
        ];
        Write(
            archive,
            Encoding.ASCII.GetBytes(
                $"070701{string.Concat(numbers.Select(number => number.ToString("x8", CultureInfo.InvariantCulture)))}{name}\0"));
        Write(archive, content ?? []);
    }

    private static void Write(FileStream archive, byte[] bytes)
    {
        archive.Write(bytes);
        archive.Write(new byte[-archive.Position & 3]);
    }
}
