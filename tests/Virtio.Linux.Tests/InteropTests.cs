using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Virtio.Linux.Interop;

namespace Virtio.Linux.Tests;

/// <summary>Compares the library's sizes, offsets and numbers with the C compiler's headers.</summary>
public class InteropTests
{
    private static readonly (string Expression, long Value)[] Facts =
    [
        ("sizeof(struct termios)", Unsafe.SizeOf<Termios>()),
        ("offsetof(struct termios, c_iflag)", Offset<Termios>(nameof(Termios.InputFlags))),
        ("offsetof(struct termios, c_oflag)", Offset<Termios>(nameof(Termios.OutputFlags))),
        ("offsetof(struct termios, c_cflag)", Offset<Termios>(nameof(Termios.ControlFlags))),
        ("offsetof(struct termios, c_lflag)", Offset<Termios>(nameof(Termios.LocalFlags))),
        ("offsetof(struct termios, c_line)", Offset<Termios>(nameof(Termios.LineDiscipline))),
        ("offsetof(struct termios, c_cc)", Offset<Termios>(nameof(Termios.Characters))),
        ("NCCS", Termios.ControlCharacters.Count),
        ("offsetof(struct termios, c_ispeed)", Offset<Termios>(nameof(Termios.InputSpeed))),
        ("offsetof(struct termios, c_ospeed)", Offset<Termios>(nameof(Termios.OutputSpeed))),
        ("sizeof(struct winsize)", Unsafe.SizeOf<WindowSize>()),
        ("offsetof(struct winsize, ws_row)", Offset<WindowSize>(nameof(WindowSize.Rows))),
        ("offsetof(struct winsize, ws_col)", Offset<WindowSize>(nameof(WindowSize.Columns))),
        ("TCSANOW", TerminalCalls.Now),
        ("TIOCGWINSZ", TerminalCalls.GetWindowSize),
        ("sizeof(struct pollfd)", Unsafe.SizeOf<PollEntry>()),
        ("offsetof(struct pollfd, fd)", Offset<PollEntry>(nameof(PollEntry.Descriptor))),
        ("offsetof(struct pollfd, events)", Offset<PollEntry>(nameof(PollEntry.Events))),
        ("offsetof(struct pollfd, revents)", Offset<PollEntry>(nameof(PollEntry.Happened))),
        ("POLLIN", PollEntry.Readable),
        ("POLLOUT", PollEntry.Writable),
        ("EINTR", DescriptorCalls.Interrupted),
        ("EAGAIN", DescriptorCalls.TryAgain),
        ("EFD_CLOEXEC", DescriptorCalls.CloseOnExec),
        ("F_GETFD", DescriptorCalls.GetFlags),
        ("FD_CLOEXEC", DescriptorCalls.ClosesOnExec),
        ("PROT_READ", MappingCalls.Readable),
        ("PROT_WRITE", MappingCalls.Writable),
        ("MAP_SHARED", MappingCalls.Shared),
        ("O_RDONLY | O_CLOEXEC", MappingCalls.ForReading),
        ("O_RDWR | O_CLOEXEC", MappingCalls.ForWriting),
        ("sizeof(struct statfs)", Unsafe.SizeOf<FileSystemStatus>()),
        ("offsetof(struct statfs, f_type)", Offset<FileSystemStatus>(nameof(FileSystemStatus.Type))),
        ("offsetof(struct statfs, f_bsize)", Offset<FileSystemStatus>(nameof(FileSystemStatus.BlockSize))),
        ("HUGETLBFS_MAGIC", FileSystemStatus.HugePages),
        ("SIGSTOP", ProcessCalls.Stop),
        ("SIGBUS", ProcessCalls.BusError),
        ("SIGTTIN", ProcessCalls.BackgroundRead),
        ("SIGTTOU", ProcessCalls.BackgroundWrite),
        ("(long)SIG_IGN", ProcessCalls.Ignore),
        ("sizeof(struct statx)", Unsafe.SizeOf<FileStatus>()),
        ("offsetof(struct statx, stx_mode)", Offset<FileStatus>(nameof(FileStatus.Mode))),
        ("AT_FDCWD", StatusCalls.CurrentFolder),
        ("STATX_TYPE", StatusCalls.Type),
        ("PROT_EXEC", MappingCalls.Executable),
        ("MAP_PRIVATE", MappingCalls.Private),
        ("MAP_ANONYMOUS", MappingCalls.Anonymous),
        ("PROT_READ | PROT_WRITE", 3),
        ("MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS", 0x32),
        ("__NR_mmap", 9),
        ("offsetof(siginfo_t, si_addr)", 16),
        ("SA_SIGINFO", SignalAction.WithInformation),
        ("SA_ONSTACK", SignalAction.OnOwnStack),
        ("SA_RESTART", SignalAction.RestartsCalls),
        ("sizeof(struct sigaction)", Unsafe.SizeOf<SignalAction>()),
        ("offsetof(struct sigaction, sa_mask)", Offset<SignalAction>(nameof(SignalAction.Mask))),
        ("offsetof(struct sigaction, sa_flags)", Offset<SignalAction>(nameof(SignalAction.Flags))),
        ("offsetof(struct sigaction, sa_restorer)", Offset<SignalAction>(nameof(SignalAction.Restorer))),
        ("F_DUPFD_CLOEXEC", DescriptorCalls.DuplicateCloseOnExec),
        ("F_GETFL", DescriptorCalls.GetStatus),
        ("F_SETFL", DescriptorCalls.SetStatus),
        ("O_NONBLOCK", DescriptorCalls.NonBlocking),
        ("RWF_NOWAIT", DescriptorCalls.DoNotWait),
        ("EOPNOTSUPP", DescriptorCalls.NotSupported),
        ("MSG_CMSG_CLOEXEC", SocketCalls.CloseOnExec),
        ("MSG_NOSIGNAL", SocketCalls.NoSignal),
        ("MSG_DONTWAIT", SocketCalls.DoNotWait),
        ("MSG_CTRUNC", SocketCalls.ControlTruncated),
        ("SOL_SOCKET", SocketCalls.SocketLevel),
        ("SCM_RIGHTS", SocketCalls.Rights),
        ("sizeof(struct msghdr)", Unsafe.SizeOf<SocketMessage>()),
        ("offsetof(struct msghdr, msg_namelen)", Offset<SocketMessage>(nameof(SocketMessage.NameLength))),
        ("offsetof(struct msghdr, msg_iov)", Offset<SocketMessage>(nameof(SocketMessage.Vectors))),
        ("offsetof(struct msghdr, msg_iovlen)", Offset<SocketMessage>(nameof(SocketMessage.VectorCount))),
        ("offsetof(struct msghdr, msg_control)", Offset<SocketMessage>(nameof(SocketMessage.Control))),
        ("offsetof(struct msghdr, msg_controllen)", Offset<SocketMessage>(nameof(SocketMessage.ControlLength))),
        ("offsetof(struct msghdr, msg_flags)", Offset<SocketMessage>(nameof(SocketMessage.Flags))),
        ("sizeof(struct iovec)", Unsafe.SizeOf<IoVector>()),
        ("offsetof(struct iovec, iov_len)", Offset<IoVector>(nameof(IoVector.Length))),
        ("sizeof(struct cmsghdr)", Unsafe.SizeOf<ControlHeader>()),
        ("offsetof(struct cmsghdr, cmsg_level)", Offset<ControlHeader>(nameof(ControlHeader.Level))),
        ("offsetof(struct cmsghdr, cmsg_type)", Offset<ControlHeader>(nameof(ControlHeader.Type))),
    ];

    [Fact]
    public void Every_number_is_the_one_in_the_C_headers()
    {
        string source =
            "#define _GNU_SOURCE\n#include <stdio.h>\n#include <stddef.h>\n#include <termios.h>\n#include <sys/ioctl.h>\n"
            + "#include <errno.h>\n#include <fcntl.h>\n#include <poll.h>\n#include <signal.h>\n#include <sys/eventfd.h>\n"
            + "#include <sys/mman.h>\n#include <sys/socket.h>\n#include <sys/stat.h>\n#include <sys/uio.h>\n#include <sys/syscall.h>\n"
            + "#include <sys/vfs.h>\n#include <linux/magic.h>\nint main(void) {\n"
            + string.Concat(Facts.Select(fact => $"printf(\"%lld\\n\", (long long)({fact.Expression}));\n"))
            + "return 0; }\n";

        string[] values = CompileAndRun(source);

        Assert.Equal(
            Facts.Select(fact => $"{fact.Expression} = {fact.Value}"),
            Facts.Zip(values, (fact, value) => $"{fact.Expression} = {value}"));
    }

    private static long Offset<T>(string field) => Marshal.OffsetOf<T>(field);

    private static string[] CompileAndRun(string source)
    {
        string folder = Directory.CreateTempSubdirectory("virtio-interop-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "numbers.c"), source);
            string program = Path.Combine(folder, "numbers");
            Run("cc", "-Werror", "-o", program, Path.Combine(folder, "numbers.c"));
            return Run(program).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Run(string program, params string[] arguments)
    {
        Process? process = null;
        try
        {
            process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"'{program}' cannot be run: a C compiler is needed, as from the package gcc");
        }

        using (process)
        {
            string output = process!.StandardOutput.ReadToEnd();
            Assert.True(process.WaitForExit(TimeSpan.FromSeconds(60)));
            Assert.Equal(0, process.ExitCode);
            return output;
        }
    }
}
