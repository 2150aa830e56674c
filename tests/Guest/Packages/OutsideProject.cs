using System.Diagnostics;

namespace Virtio.Guest.Tests.Packages;

/// <summary>
/// A project in a new folder that knows this repository only by its packages. It has its own package folder and asks no registry.
/// </summary>
internal sealed class OutsideProject : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private readonly string _root = Directory.CreateTempSubdirectory("virtio-outside-").FullName;

    /// <summary>Makes the project. Skips the test when the packages, or those that they depend on, are not on this machine.</summary>
    internal OutsideProject(string program, params IReadOnlyList<string> packages)
    {
        string own = Path.Combine(Repository(), "artifacts", "packages");
        Assert.SkipWhen(
            packages.Any(package => VersionIn(own, package) is null),
            $"there are no packages in {own}: ./build pack makes them");
        string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } named
            ? named
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        Assert.SkipUnless(
            Directory.Exists(Path.Combine(cache, "zstdsharp.port")),
            $"there is no {cache} with the packages that these depend on");
        Write("nuget.config", $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{Packages}" /></config>
              <packageSources><clear /><add key="own" value="{own}" /><add key="cache" value="{cache}" /></packageSources>
              <fallbackPackageFolders><clear /></fallbackPackageFolders>
              <packageSourceMapping><clear />
                <packageSource key="own"><package pattern="Virtio" /><package pattern="Virtio.*" /></packageSource>
                <packageSource key="cache"><package pattern="*" /></packageSource>
              </packageSourceMapping>
            </configuration>
            """);

        // Keeps the SDK from reading such files of a folder above the one for temporary files.
        Write("Directory.Build.props", "<Project />");
        Write("Directory.Build.targets", "<Project />");
        Write("Directory.Packages.props", "<Project />");
        string references = string.Concat(
            packages.Select(package => $"<PackageReference Include=\"{package}\" Version=\"[{VersionIn(own, package)}]\" />"));
        Write("outside.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings><Nullable>enable</Nullable>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup>{references}</ItemGroup>
            </Project>
            """);
        Write("Program.cs", program);
    }

    /// <summary>The folder into which the project's packages are unpacked.</summary>
    internal string Packages => Path.Combine(_root, "packages");

    internal string Full(string path) => Path.Combine(_root, path);

    /// <summary>Runs a command of the SDK in the project's folder. A failure's message has the command's output.</summary>
    internal Task<string> DotnetAsync(params IReadOnlyList<string> arguments) =>
        RunAsync("dotnet", [.. arguments, "-v:q", "-nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false"]);

    /// <summary>
    /// Runs a program in the project's folder and returns its output. The test fails when the program ends with a status other than 0.
    /// </summary>
    internal async Task<string> RunAsync(string program, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };

        // Variables of the test runner, and the one that names the folder of images that a build has made.
        static bool IsForeign(string name) =>
            name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name.StartsWith("VIRTIO_", StringComparison.Ordinal);
        foreach (string name in start.Environment.Keys.Where(IsForeign).ToArray())
            start.Environment.Remove(name);
        using Process process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            process.StandardInput.Close();
            Task<string> error = process.StandardError.ReadToEndAsync(limit.Token);
            string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            Assert.True(
                process.ExitCode == 0,
                $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{output}{await error}");
            return output;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static string Repository()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Virtio.slnx")))
            folder = Path.GetDirectoryName(folder);
        Assert.SkipWhen(folder is null, "this program is not in the repository that made it");
        return folder!;
    }

    // A version begins with a digit; without that check a package whose name continues the prefix would match.
    private static string? VersionIn(string folder, string package) => !Directory.Exists(folder)
        ? null
        : Directory.EnumerateFiles(folder, package + ".*.nupkg")
            .Select(path => Path.GetFileNameWithoutExtension(path)[(package.Length + 1)..])
            .FirstOrDefault(version => char.IsAsciiDigit(version[0]));

    private void Write(string name, string content) => File.WriteAllText(Full(name), content);
}
